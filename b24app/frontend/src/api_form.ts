/** The settings as forms: their fields, what is proposed, previews and rehearsals. */
import { call, lines } from './api'
import type { SettingsCheck, SettingsText } from './api_settings'
import type { Patch } from './api_setup'
import type { FieldNode, Proposal, Proposals, Values } from './parts/form/fields'

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

export interface OwnGroup { id: number; values: Values; version: string; columns: Proposal[] }

export const formApi = {
  ownRules: () => call<{ groups: OwnGroup[]; fields: FieldNode[] }>('GET', 'own-rules'),
  changeOwn: (group: OwnGroup, patch: Patch, check: boolean) =>
    call<SettingsCheck>('POST', `own-rules/${group.id}`, { patch, base: group.version, check }),
  fields: () => call<{ fields: FieldNode[] }>('GET', 'settings/form'),
  proposals: () => call<Proposals>('GET', 'settings/proposals'),
  pairProposals: (pair: Pair) => call<Proposals>('GET', `settings/pair-proposals?${query(pair)}`),
  preview: (patch: Patch, kind: string) => call<Preview>('POST', 'settings/preview', { patch, kind }),
  rehearse: (patch: Patch, from: SettingsText) =>
    lines<RehearsalLine>('settings/rehearsal', { patch, base: from.version }),
}
