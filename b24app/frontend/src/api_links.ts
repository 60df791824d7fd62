/** Two-way links of tasks and issues, and everything else that waits for a person. */
import { call, type Connection } from './api'

export type Side = 'tracker' | 'portal'

export interface Dispute { field: string; tracker: string; portal: string; decided: Side | '' }

export interface Link {
  key: string
  task_id: number
  task_title: string
  issue: string
  issue_url: string
  state: string
  reason: string
  at: string | null
  agrees_to_deletion: boolean
  disputes: Dispute[]
  problems: { field: string; text: string }[]
  fields: { field: string; tracker: string; portal: string; state: 'same' | 'disputed' | 'refused' }[]
  story: { at: string; kind: string; text: string }[]
}

export interface Failure {
  kind: string
  id: string
  /** What failed, as people call it. */
  name: string
  text: string
  at: string | null
}

export interface HaltedPair { connection: string; pair: string; text: string }

export interface Trouble {
  portal: { state: string; reason: string; worker_alive: boolean }
  connections: Connection[]
  pairs: HaltedPair[]
  links: Link[]
  failures: Failure[]
}

const path = (key: string, act: string) => `links/${encodeURIComponent(key)}/${act}`

export const linkApi = {
  trouble: () => call<Trouble>('GET', 'trouble'),
  ofTask: (task: number) => call<{ links: Link[] }>('GET', `task/${task}/links`),
  resume: (key: string) => call<Link>('POST', path(key, 'resume'), {}),
  resumePair: ({ connection, pair }: HaltedPair) =>
    call<{ retried: number }>('POST', 'pairs/resume', { connection, pair }),
  pause: (key: string) => call<Link>('POST', path(key, 'pause'), {}),
  unlink: (key: string) => call<Link>('POST', path(key, 'unlink'), {}),
  link: (task: number, issue: string) => call<{ links: Link[] }>('POST', `task/${task}/link`, { issue }),
  retry: (key: string) => call<Link>('POST', path(key, 'retry'), {}),
  decide: (key: string, field: string, winner: Side) =>
    call<Link>('POST', path(key, 'decide'), { field, winner }),
}
