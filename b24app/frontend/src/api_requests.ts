/** The list of merge requests and what it is filtered by. */
import { call, type MergeRequest } from './api'
import { query } from './api_flow'

/** "" stands for all. */
export interface Filter { q: string; state: string; project: string; group: string; mine: boolean }

export interface MergeRequests { merge_requests: MergeRequest[]; total: number; page: number; pages: number }

export interface Filters {
  projects: { path: string; group: number }[]
  groups: { id: number; name: string }[]
}

export const requestApi = {
  list: ({ mine, ...filter }: Filter, page: number) =>
    call<MergeRequests>('GET', `merge-requests?${query({ ...filter, mine: mine ? 1 : '', page })}`),
  filters: () => call<Filters>('GET', 'filters'),
}
