/** Which colour says what: one table for every state that is shown. */
export type Tone =
  | 'air-primary'
  | 'air-primary-success'
  | 'air-primary-alert'
  | 'air-primary-warning'
  | 'air-secondary'
  | 'air-secondary-accent'

const tones: Record<string, Tone> = {
  active: 'air-primary-success',
  high: 'air-primary-alert',
  medium: 'air-primary-warning',
  low: 'air-secondary-accent',
  installing: 'air-primary-warning',
  disconnected: 'air-primary-alert',
  paused: 'air-primary-warning',
  removed: 'air-secondary-accent',
  opened: 'air-primary',
  merged: 'air-primary-success',
  closed: 'air-secondary-accent',
  locked: 'air-primary',
  success: 'air-primary-success',
  failed: 'air-primary-alert',
  running: 'air-primary',
  canceled: 'air-secondary-accent',
  skipped: 'air-secondary-accent',
  manual: 'air-primary-warning',
  blocked: 'air-primary-warning',
  rejected: 'air-primary-alert',
  reverted: 'air-primary-warning',
  disputed: 'air-primary-warning',
  refused: 'air-primary-alert',
  unreachable: 'air-primary-alert',
  held: 'air-primary-warning',
  failing: 'air-primary-warning',
  ended: 'air-secondary-accent',
  waiting: 'air-primary',
  working: 'air-primary-success',
  review: 'air-primary',
  approved: 'air-primary-success',
}

export function tone(state: string): Tone {
  return tones[state] ?? 'air-secondary'
}
