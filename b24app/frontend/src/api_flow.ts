/** Metrics and what waits, as our server answers them; null is "no data". */
import { call, type Alert } from './api'

export interface Measure {
  name: string
  unit: 'seconds' | 'per_week' | 'ratio' | 'count'
  value: number | null
  size: number
}

export interface Week {
  start: string
  deployments: number | null
  failures: number | null
  merged: number | null
  in_progress: number | null
  lead_time: number | null
}

export interface Metrics {
  measures: Measure[]
  weeks: Week[]
  parts: string[]
  projects: { path: string; group: number }[]
  remediation_days: number
}

export interface Item {
  kind: 'merge_request' | 'deployment'
  title: string
  url: string
  project: string
  at: string | null
  seconds: number | null
  remedy: string
  remedy_url: string
}

export interface Items { items: Item[]; total: number; page: number; pages: number }

export interface Now {
  reviews: { reference: string; title: string; url: string; people: string[]; since: string | null }[]
  reviews_total: number
  alerts: Alert[]
  environments: {
    project: string; environment: string; tier: string; version: string; url: string; at: string
  }[]
}

/** The choice of the page: the last days, a project or workgroup, "" for all of them. */
export interface Choice { days: number; project: string; group: string }

export const query = (values: object) => new URLSearchParams(
  Object.entries(values).map(([name, value]) => [name, String(value)]),
).toString()

export const flowApi = {
  metrics: (choice: Choice) => call<Metrics>('GET', `metrics?${query(choice)}`),
  items: (choice: Choice, of: string, page: number) =>
    call<Items>('GET', `metrics/items?${query({ ...choice, of, page })}`),
  now: (choice: Choice) => call<Now>('GET', `metrics/now?${query(choice)}`),
}
