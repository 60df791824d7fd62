/** The first run: what GitLab and the portal offer, changes of the settings, and history. */
import { call } from './api'
import type { SettingsCheck, SettingsText } from './api_settings'

export interface Target { path: string; name: string; may_hook: boolean | null }

export interface Workgroup { id: number; name: string }

export interface Column { id: number; title: string; type: string | null }

export interface PersonMatch {
  username: string
  name: string
  user_id: number | null
  by: '' | 'name' | 'email' | 'settings'
}

export interface People {
  people: PersonMatch[]
  users: { id: number; name: string }[]
  problems: string[]
}

export interface HookOutcome { target: string; ok: boolean; text: string }

export interface History {
  running: boolean
  projects: { path: string; done: number; parts: number; read: number; problems: string[] }[]
  problem: string
}

/** A JSON merge patch of the settings: null takes a key out. */
export type Patch = Record<string, unknown>

const query = (values: Record<string, string | number>) =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)]))
const named = (name: string) => encodeURIComponent(name)

export const setupApi = {
  patch: (patch: Patch, from: SettingsText, remove: string[] = [], check = false) =>
    call<SettingsCheck>('POST', 'settings/patch', {
      patch, base: from.version, base_text: from.text, remove, check,
    }),
  undo: (from: SettingsText, remove: string[]) =>
    call<SettingsCheck>('POST', 'settings/undo', {
      base: from.version, base_text: from.text, remove,
    }),
  targets: (name: string, kind: 'project' | 'group', search: string, page: number) =>
    call<{ items: Target[]; more: boolean }>(
      'GET', `connections/${named(name)}/targets?${query({ kind, search, page })}`,
    ),
  hooks: (name: string) =>
    call<{ outcomes: HookOutcome[] }>('POST', `connections/${named(name)}/hooks`, {}),
  workgroups: (search: string) =>
    call<{ items: Workgroup[]; next: number | null; listed: boolean }>(
      'GET', `workgroups?${query({ search })}`,
    ),
  columns: (id: number) => call<{ columns: Column[] }>('GET', `workgroups/${id}/columns`),
  people: () => call<People>('GET', 'people'),
  card: () => call<{ real: boolean; lines: string[] }>('GET', 'card'),
  history: () => call<History>('GET', 'history'),
  readHistory: () => call<History>('POST', 'history', {}),
}
