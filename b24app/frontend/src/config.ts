/** What the server says of this page: read once, never changed. */

export type View =
  'install' | 'overview' | 'task' | 'inbox' | 'health' | 'settings' | 'setup' | 'flow' | 'rules'

export interface Config {
  view: View
  language: 'en' | 'ru'
  token: string
  seconds: number
  portal: string
  admin: boolean
  /** Whether the visitor may edit the rules of some workgroup. */
  edits: boolean
  prefix: string
  steps: string[]
  taskId: number | null
  groupId: number | null
}

export const config = JSON.parse(document.getElementById('config')?.textContent ?? '{}') as Config
