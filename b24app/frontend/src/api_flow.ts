/** Metrics and what waits, as our server answers them; null is "no data". */
import { call } from './api'
import type { FlowHours, Items, Metrics, Now } from './api_types'

export type {
  FlowHours,
  Item,
  Items,
  Measure,
  Metrics,
  Now,
  Week,
} from './api_types'

/** The choice of the page: the last days, or those from one to another; "" for all projects. */
export interface Choice { days: number; from?: string; to?: string; project: string; group: string }

export const query = (values: object) => new URLSearchParams(
  Object.entries(values).map(([name, value]) => [name, String(value)]),
).toString()

const ASK_AGAIN_MS = 150

/** What is made of a period; nobody waits for it on the line while the period is read first. */
async function whenRead<T extends { is_being_read: boolean }>(path: string): Promise<T> {
  for (;;) {
    const answer = await call<T>('GET', path)
    if (!answer.is_being_read) return answer
    await new Promise((asked) => setTimeout(asked, ASK_AGAIN_MS))
  }
}

export const flowApi = {
  metrics: (choice: Choice) => whenRead<Metrics>(`metrics?${query(choice)}`),
  items: (choice: Choice, of: string, page: number) =>
    whenRead<Items>(`metrics/items?${query({ ...choice, of, page })}`),
  hours: (choice: Choice) => call<FlowHours>('GET', `metrics/hours?${query(choice)}`),
  now: (choice: Choice) => call<Now>('GET', `metrics/now?${query(choice)}`),
}
