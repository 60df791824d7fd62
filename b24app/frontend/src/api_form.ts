/** The settings as forms: their fields, what is proposed, previews and rehearsals. */
import { call, lines } from './api'
import type { SettingsText } from './api_settings'
import type { Patch } from './api_setup'
import type { FieldNode, Proposals } from './parts/form/fields'

export interface Preview {
  real: boolean
  at: string | null
  lines: string[]
  places: string[]
  held_until: string | null
}

/** A step of a rehearsal, or with `text` what a part of it came to. */
export interface RehearsalLine {
  part: 'tasks' | 'messages' | 'sync'
  done: number
  total: number
  text: string
  examples: string[]
}

export interface Pair { workgroup: number; project: number | string; connection?: string }

const query = (values: object) => new URLSearchParams(
  Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
)

export const formApi = {
  fields: () => call<{ fields: FieldNode[] }>('GET', 'settings/form'),
  proposals: () => call<Proposals>('GET', 'settings/proposals'),
  pairProposals: (pair: Pair) => call<Proposals>('GET', `settings/pair-proposals?${query(pair)}`),
  preview: (patch: Patch, kind: string) => call<Preview>('POST', 'settings/preview', { patch, kind }),
  rehearse: (patch: Patch, from: SettingsText) =>
    lines<RehearsalLine>('settings/rehearsal', { patch, base: from.version }),
}
