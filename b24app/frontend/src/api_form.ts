/** The settings as forms: their fields, what is proposed, previews and rehearsals. */
import { call, lines } from './api'
import type { SettingsCheck, SettingsText } from './api_settings'
import type { Patch } from './api_setup'
import type { FieldNode, Proposals } from './parts/form/fields'
import type { OwnGroup, Preview, RehearsalLine } from './api_types'

export type {
  OwnGroup,
  Preview,
  RehearsalLine,
} from './api_types'

/** What is not saved yet: a patch of the document in force, or another document. */
export type Change = { patch: Patch } | { text: string }

export interface Pair { workgroup: number; project: number | string; connection?: string }

const query = (values: object) => new URLSearchParams(
  Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
)

export const formApi = {
  ownRules: () => call<{ groups: OwnGroup[]; fields: FieldNode[] }>('GET', 'own-rules'),
  changeOwn: (group: OwnGroup, patch: Patch, check: boolean) =>
    call<SettingsCheck>('POST', `own-rules/${group.id}`, { patch, base: group.version, check }),
  rehearseOwn: (group: OwnGroup, patch: Patch) =>
    lines<RehearsalLine>(`own-rules/${group.id}/rehearsal`, { patch, base: group.version }),
  fields: () => call<{ fields: FieldNode[] }>('GET', 'settings/form'),
  proposals: () => call<Proposals>('GET', 'settings/proposals'),
  pairProposals: (pair: Pair) => call<Proposals>('GET', `settings/pair-proposals?${query(pair)}`),
  preview: (patch: Patch, kind: string) => call<Preview>('POST', 'settings/preview', { patch, kind }),
  rehearse: (change: Change, from: SettingsText) =>
    lines<RehearsalLine>('settings/rehearsal', { ...change, base: from.version }),
}
