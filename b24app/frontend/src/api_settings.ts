/** The settings document, and the connections with their tokens. */
import { call, download } from './api'
import type { ConnectionSettings, SettingsCheck, TargetRight } from './api_types'

export type {
  ConnectionSettings,
  SettingsCheck,
  TargetRight,
} from './api_types'

export interface SettingsText {
  text: string
  version: string
  changes: { at: string; text: string }[]
  /** The same document as JSON; only what was set. */
  values: SettingsValues
  /** Whether the document before the last change can be taken again. */
  undoable: boolean
}

export interface StageValues { id?: number; type?: string; title?: string }

export interface WorkgroupValues {
  projects?: string[]
  steps?: Record<string, { status?: string | null; stage?: StageValues | null }>
  [key: string]: unknown
}

export interface SettingsValues {
  connections?: { name: string; url: string; kind?: string; projects?: string[]; groups?: string[] }[]
  people?: Record<string, number | string>
  rules?: { workgroups?: Record<string, WorkgroupValues> }
  [key: string]: unknown
}

export interface SettingsPage extends SettingsText {
  connections: ConnectionSettings[]
  last_webhook: string | null
  /** Where GitLab sends people back to; '' without a public address. */
  callback: string
}

const document = (text: string, from: SettingsText) => ({
  text, base: from.version, base_text: from.text,
})

export const settingsApi = {
  load: () => call<SettingsPage>('GET', 'settings'),
  check: (text: string, from: SettingsText) =>
    call<SettingsCheck>('POST', 'settings/check', document(text, from)),
  save: (text: string, from: SettingsText, remove: string[]) =>
    call<SettingsCheck>('POST', 'settings', { ...document(text, from), remove }),
  replaceToken: (name: string, token: string) =>
    call<{ account: string }>('POST', `connections/${encodeURIComponent(name)}/token`, { token }),
  rights: (name: string) =>
    call<{ rights: TargetRight[] }>('POST', `connections/${encodeURIComponent(name)}/rights`, {}),
  youtrackApp: (name: string) => download(`connections/${encodeURIComponent(name)}/youtrack-app`),
}
