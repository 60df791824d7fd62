/** Fields of the settings as the server describes them, and what a form does with their values. */
import { inject, provide, ref, type InjectionKey, type Ref } from 'vue'

export interface Option { value: string | boolean | number; label: string }

export interface Proposal { value: string | number; label: string }

export interface FieldNode {
  key: string
  path: string
  kind: 'group' | 'list' | 'map' | 'choices' | 'choice' | 'number' | 'text' | 'area' | 'date' | 'reference' | 'secret'
  label: string
  hint: string
  required: boolean
  default: unknown
  /** Whether the field may be left to another place: a workgroup's to the rules for all. */
  unset: boolean
  options?: Option[]
  /** A choice that takes another text, too. */
  open?: boolean
  fields?: FieldNode[]
  item?: FieldNode
  entry_key?: { kind: 'text' | 'choice'; label: string; options?: Option[]; source?: string }
  source?: string
  min?: number | null
  max?: number | null
  step?: number | 'any'
  readonly?: boolean
}

export interface FieldProblem { path: string; text: string }
export type Values = Record<string, unknown>
export type Proposals = Record<string, Proposal[]>

const problemsKey: InjectionKey<Ref<FieldProblem[]>> = Symbol('problems')
const proposalsKey: InjectionKey<Ref<Proposals>> = Symbol('proposals')

export const provideProblems = (problems: Ref<FieldProblem[]>): void => provide(problemsKey, problems)
export const useProblems = (): Ref<FieldProblem[]> => inject(problemsKey, ref([]))
export const provideProposals = (proposals: Ref<Proposals>): void => provide(proposalsKey, proposals)
export const useProposals = (): Ref<Proposals> => inject(proposalsKey, ref({}))

/** Whether a path is that of a field, or of something in it. */
export const isWithin = (path: string, at: string): boolean =>
  path === at || path.startsWith(`${at}.`) || path.startsWith(`${at}[`)

export const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const same = (first: unknown, other: unknown): boolean => JSON.stringify(first) === JSON.stringify(other)

/** The JSON merge patch that makes `after` of `before`; undefined where they are the same. */
export function patchOf(before: unknown, after: unknown): unknown {
  if (same(before, after)) return undefined
  if (!isObject(after)) return after
  const former = isObject(before) ? before : {}
  const patch: Values = {}
  for (const key of new Set([...Object.keys(former), ...Object.keys(after)])) {
    const value = key in after ? patchOf(former[key], after[key]) : null
    if (value !== undefined) patch[key] = value
  }
  return patch
}

/** The value with a part in it; undefined takes the part out. */
export function withPart(value: unknown, key: string, part: unknown): Values {
  const { [key]: _, ...rest } = isObject(value) ? value : {}
  return part === undefined ? rest : { ...rest, [key]: part }
}

/** What a new entry of a list or a mapping begins with. */
export function emptyValue(node: FieldNode): unknown {
  if (node.kind === 'group') return {}
  if (node.kind === 'list' || node.kind === 'choices') return []
  if (node.kind === 'choice') return node.options![0].value
  return ''
}

export const optionLabel = (options: Option[] | undefined, value: unknown): string =>
  options?.find(option => option.value === value)?.label ?? String(value)

/** What an entry is recognized by: its required values, as people call them. */
export function titleOf(node: FieldNode, value: unknown, proposals: Proposals): string {
  if (!isObject(value)) return ''
  const said = (field: FieldNode, part: unknown): string[] => {
    if (Array.isArray(part)) return part.flatMap(each => said(field.item ?? field, each))
    if (part === undefined || part === '' || isObject(part)) return []
    const proposed = proposals[field.source ?? '']?.find(each => each.value === part)?.label
    return [proposed || optionLabel(field.options, part)]
  }
  return (node.fields ?? []).filter(field => field.required)
    .map(field => said(field, value[field.key]).join(', ')).filter(Boolean).join(' · ')
}
