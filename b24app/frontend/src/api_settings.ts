/** The settings document, and the connections with their tokens. */
import { call, download, type Connection } from './api'

export interface ConnectionSettings extends Connection {
  account: string
  scopes: string[]
  /** Days until the token's end, as GitLab last said; null where it has none or is not known. */
  days_left: number | null
  signed: boolean
  projects: string[]
  groups: string[]
  /** Whether an application is registered for it, and whose sign-in the connection works with. */
  sign_in: { available: boolean; account: string; state: 'none' | 'active' | 'ended' }
  /** What the code host's log last said of each webhook; `failed` and `made_up` of the last gap. */
  hooks: (TargetRight & { failed: number; made_up: number })[]
  last_delivery: string | null
}

export interface TargetRight { target: string; ok: boolean; text: string; change: string }

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

export interface SettingsCheck {
  outcome: 'ok' | 'invalid' | 'unconfirmed' | 'overtaken'
  difference: string[]
  changes: string[]
  removed: string[]
  problems: { line: number; path: string; text: string }[]
  notes: string[]
  current: SettingsText | null
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
