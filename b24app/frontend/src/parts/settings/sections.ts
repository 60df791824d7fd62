/** Which parts of the settings stand on which section of the page. */
import type { FieldNode } from '../form/fields'

export const SECTIONS = [
  'connections', 'people', 'workgroups', 'notifications', 'sync', 'general', 'document',
] as const
export type Section = (typeof SECTIONS)[number]

const KEYS: Partial<Record<Section, string[]>> = {
  connections: ['connections', 'gitlab_applications'],
  people: ['people'],
  workgroups: ['rules'],
  notifications: ['routes', 'chats', 'timezone', 'templates'],
  sync: ['issue_sync'],
}

/** The fields of a section; whatever has no section of its own stands under "general". */
export function fieldsOf(section: Section, fields: FieldNode[]): FieldNode[] {
  const named = new Set(Object.values(KEYS).flat())
  if (section === 'general') return fields.filter(field => !named.has(field.key))
  const keys = KEYS[section] ?? []
  return keys.flatMap(key => fields.filter(field => field.key === key))
}
