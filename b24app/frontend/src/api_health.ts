/** The health of the portal and of the service. */
import { call } from './api'

export interface HealthCheck {
  subject: string
  name: string
  ok: boolean
  urgent: boolean
  place: string
  what: string
  why: string
  change: string
  since: string | null
}

export interface Gap {
  connection: string
  target: string
  failed: number
  made_up: number
  at: string
}

export interface Health {
  ok: boolean
  checks: HealthCheck[]
  missed: Gap[]
  at: string
}

export const healthApi = { load: () => call<Health>('GET', 'health') }
