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

/** Of a workgroup: the paths of its projects, and what each step does to a task. */
export interface RulesForm { projects: string[]; steps: Record<string, StepForm> }

export function toForm(values: WorkgroupValues, columns: Column[]): RulesForm {
  const steps = Object.fromEntries(STEPS.map((step) => {
    const target = values.steps?.[step]
    return [step, { status: target?.status ?? '', column: columnOf(target?.stage, columns) }]
  }))
  return { projects: [...values.projects ?? []], steps }
}

/** What a form changes of a workgroup; what was not touched stays as it is, or as others made it. */
export function toPatch(id: number, form: RulesForm, before: RulesForm): Patch {
  const steps: Patch = {}
  for (const [step, { status, column }] of Object.entries(form.steps)) {
    const was = before.steps[step]
    const stage = column ? { id: Number(column), type: null, title: null } : null
    const changed = {
      ...status === was.status ? {} : { status: status || null },
      ...column === was.column ? {} : { stage },
    }
    if (Object.keys(changed).length) steps[step] = status || column ? changed : null
  }
  const isSame = form.projects.join('\n') === before.projects.join('\n')
  return { rules: { workgroups: { [id]: { ...isSame ? {} : { projects: form.projects }, steps } } } }
}
