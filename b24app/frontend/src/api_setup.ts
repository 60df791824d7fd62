/** The first run: what GitLab and the portal offer, changes of the settings, and history. */
import { call } from './api'
import type { SettingsCheck, SettingsText } from './api_settings'
import type { Column, History, HookOutcome, People, Target, Workgroup } from './api_types'

export type {
  Column,
  History,
  HookOutcome,
  People,
  PersonMatch,
  Target,
  Workgroup,
} from './api_types'

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
