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

/** The numbers of a period; nobody waits for them on the line while they are read first. */
async function metrics(choice: Choice): Promise<Metrics> {
  for (;;) {
    const answer = await call<Metrics>('GET', `metrics?${query(choice)}`)
    if (!answer.is_being_read) return answer
    await new Promise((asked) => setTimeout(asked, ASK_AGAIN_MS))
  }
}

export const flowApi = {
  metrics,
  items: (choice: Choice, of: string, page: number) =>
    call<Items>('GET', `metrics/items?${query({ ...choice, of, page })}`),
  hours: (choice: Choice) => call<FlowHours>('GET', `metrics/hours?${query(choice)}`),
  now: (choice: Choice) => call<Now>('GET', `metrics/now?${query(choice)}`),
}
