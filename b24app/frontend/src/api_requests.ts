/** The list of merge requests and what it is filtered by. */
import { call } from './api'
import { query } from './api_flow'
import { config } from './config'
import type { Filters, MergeRequests } from './api_types'

export type {
  Filters,
  MergeRequests,
} from './api_types'

/** "" stands for all. */
export interface Filter { q: string; state: string; project: string; group: string; mine: boolean }

let first = config.first

/** What came with the page, once. */
function takeFirst(): MergeRequests | null {
  const list = first
  first = null
  return list
}

export const requestApi = {
  list: ({ mine, ...filter }: Filter, page: number) =>
    call<MergeRequests>('GET', `merge-requests?${query({ ...filter, mine: mine ? 1 : '', page })}`),
  takeFirst,
  filters: () => call<Filters>('GET', 'filters'),
}
