/** A workgroup's lifecycle as a form has it, and the patch of the settings that it makes. */
import type { StageValues, WorkgroupValues } from '../../api_settings'
import type { Column, Patch } from '../../api_setup'

export const STEPS = ['development', 'review', 'approved', 'merged', 'closed']
export const STATUSES = ['waiting', 'in_progress', 'awaiting_control', 'completed', 'deferred']

/** Of a step: '' where a task stays as it is. `column` is an id. */
export interface StepForm { status: string; column: string }

function columnOf(stage: StageValues | null | undefined, columns: Column[]): string {
  if (!stage) return ''
  const title = stage.title?.trim().toLowerCase()
  const column = columns.find(each =>
    each.id === stage.id || (stage.type && each.type === stage.type)
    || (title && each.title.trim().toLowerCase() === title),
  )
  return column ? String(column.id) : ''
}

export function toForm(values: WorkgroupValues, columns: Column[]): Record<string, StepForm> {
  return Object.fromEntries(STEPS.map((step) => {
    const target = values.steps?.[step]
    return [step, { status: target?.status ?? '', column: columnOf(target?.stage, columns) }]
  }))
}

/** What a form changes of a workgroup; what was not touched stays as it was written. */
export function toPatch(
  id: number, projects: string[], form: Record<string, StepForm>, before: Record<string, StepForm>,
): Patch {
  const steps: Patch = {}
  for (const [step, { status, column }] of Object.entries(form)) {
    if (status === before[step].status && column === before[step].column) continue
    const stage = column ? { id: Number(column), type: null, title: null } : null
    steps[step] = status || column ? { status: status || null, stage } : null
  }
  return { rules: { workgroups: { [id]: { projects, steps } } } }
}
