/** The health of the portal and of the service. */
import { call } from './api'
import type { Health } from './api_types'

export type {
  Gap,
  Health,
  HealthCheck,
} from './api_types'

export const healthApi = { load: () => call<Health>('GET', 'health') }
