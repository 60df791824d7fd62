/** What the metrics say, in English and Russian, with durations and shares as people read them. */
import { config } from './config'
import type { Measure } from './api_flow'

const en = {
  title: 'Flow and metrics',
  noData: 'no data',
  noProjects: 'No project to show',
  noProjectsHint:
    'Projects of a workgroup are named in the settings; you see those of workgroups you are in.',
  definitions:
    'Medians over merge requests. Only finished production deployments count. A deployment failed when it was rolled back, reverted or followed by a hotfix within seven days.',
  period: 'Period',
  overdue: 'The numbers could not be read anew',
  overdueHint: (at: string) => `These are of ${at}. The log of the service says why; they are tried again when this page is opened.`,
  days: (count: number) => `${count} days`,
  project: 'Project',
  allProjects: 'All projects',
  dora: 'DORA metrics',
  flow: 'Flow',
  parts: 'The way to production',
  weeks: 'By week',
  week: 'Week of',
  weekTable: 'Values by week',
  reviews: 'Reviews that wait',
  noReviews: 'No review waits',
  nobody: 'nobody was asked',
  waitsFor: (names: string) => `waits for ${names}`,
  failing: 'Branches that fail',
  noFailing: 'No branch fails',
  environments: 'What is deployed where',
  noEnvironments: 'no data',
  hours: 'Hours',
  hoursHint: 'Of tasks whose merge requests are open or changed in the period, as far as you may open them.',
  hoursPart: 'Some were left out: of the newest 100 tasks the last fifty entries each are counted.',
  noHours: 'no data',
  byPerson: 'By person',
  byTask: 'By task',
  list: (count: number) => `List (${count})`,
  show: (name: string) => `Show the list: ${name}`,
  ofWeek: (name: string, start: string) => `${name}, week of ${start}`,
  close: 'Close the list',
  page: (page: number, pages: number) => `${page} of ${pages}`,
  turn: 'Pages of the list',
  previous: 'Previous page',
  next: 'Next page',
  perWeek: (value: string) => `${value} a week`,
  d: 'd', h: 'h', min: 'min', s: 's',
  measures: {
    deployment_frequency: 'Deployment frequency',
    lead_time: 'Lead time for changes',
    change_failure_rate: 'Change failure rate',
    time_to_restore: 'Time to restore',
    cycle_time: 'Cycle time',
    time_to_first_review: 'Time to first review',
    coding: 'Coding',
    waiting: 'Waiting for review',
    review: 'Review',
    merge: 'Merge',
    deploy: 'Deployment',
    throughput: 'Throughput',
    work_in_progress: 'Work in progress',
  } as Record<string, string>,
  columns: {
    deployments: 'Deployments', failures: 'Failures', merged: 'Merged',
    in_progress: 'In progress', lead_time: 'Lead time',
  } as Record<string, string>,
  remedies: { rollback: 'rolled back', revert: 'reverted', hotfix: 'hotfix' } as Record<string, string>,
}

const ru: typeof en = {
  title: 'Поток и метрики',
  noData: 'нет данных',
  noProjects: 'Показывать нечего',
  noProjectsHint:
    'Проекты группы перечислены в настройках; вам видны проекты групп, в которых вы состоите.',
  definitions:
    'Медианы по запросам на слияние. Учитываются только завершённые развёртывания в production. Развёртывание неудачно, если за семь дней его откатили, отменили или исправили хотфиксом.',
  period: 'Период',
  overdue: 'Новые числа прочитать не удалось',
  overdueHint: (at) => `Это числа на ${at}. Причина — в журнале сервиса; при следующем открытии страницы будет новая попытка.`,
  days: (count) => `${count} дней`,
  project: 'Проект',
  allProjects: 'Все проекты',
  dora: 'Метрики DORA',
  flow: 'Поток',
  parts: 'Путь до production',
  weeks: 'По неделям',
  week: 'Неделя с',
  weekTable: 'Значения по неделям',
  reviews: 'Ждут ревью',
  noReviews: 'Ревью никто не ждёт',
  nobody: 'никто не назначен',
  waitsFor: (names) => `ждёт: ${names}`,
  failing: 'Ветки с ошибками',
  noFailing: 'Веток с ошибками нет',
  environments: 'Что где развёрнуто',
  noEnvironments: 'нет данных',
  hours: 'Время',
  hoursHint: 'По задачам, чьи запросы на слияние открыты или менялись за период и которые вам видны.',
  hoursPart: 'Учтено не всё: по 100 последним задачам берутся пятьдесят последних записей каждой.',
  noHours: 'нет данных',
  byPerson: 'По людям',
  byTask: 'По задачам',
  list: (count) => `Список (${count})`,
  show: (name) => `Показать список: ${name}`,
  ofWeek: (name, start) => `${name}, неделя с ${start}`,
  close: 'Закрыть список',
  page: (page, pages) => `${page} из ${pages}`,
  turn: 'Страницы списка',
  previous: 'Предыдущая страница',
  next: 'Следующая страница',
  perWeek: (value) => `${value} в неделю`,
  d: 'д', h: 'ч', min: 'мин', s: 'с',
  measures: {
    deployment_frequency: 'Частота развёртываний',
    lead_time: 'Время до production',
    change_failure_rate: 'Доля неудачных развёртываний',
    time_to_restore: 'Время восстановления',
    cycle_time: 'Время цикла',
    time_to_first_review: 'До первого ревью',
    coding: 'Разработка',
    waiting: 'Ожидание ревью',
    review: 'Ревью',
    merge: 'Слияние',
    deploy: 'Развёртывание',
    throughput: 'Пропускная способность',
    work_in_progress: 'В работе',
  },
  columns: {
    deployments: 'Развёртывания', failures: 'Неудачи', merged: 'Слито',
    in_progress: 'В работе', lead_time: 'До production',
  },
  remedies: { rollback: 'откат', revert: 'отмена', hotfix: 'хотфикс' },
}

export const flowText = config.language === 'ru' ? ru : en

const number = (value: number, digits = 1) =>
  value.toLocaleString(config.language, { maximumFractionDigits: digits })

/** Seconds in the two largest units: `2 d 3 h`. */
export function duration(seconds: number): string {
  const t = flowText
  if (seconds < 60) return `${Math.round(seconds)} ${t.s}`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} ${t.min}`
  const hours = Math.floor(minutes / 60)
  const parts = hours < 24
    ? [[hours, t.h], [minutes % 60, t.min]] as const
    : [[Math.floor(hours / 24), t.d], [hours % 24, t.h]] as const
  return parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(' ')
}

const units: Record<Measure['unit'], (value: number) => string> = {
  seconds: duration,
  per_week: (value) => flowText.perWeek(number(value)),
  ratio: (value) => `${number(value * 100)} %`,
  count: (value) => number(value, 0),
}

/** A number with its unit, or that there is none. */
export function shown(measure: Measure): string {
  return measure.value === null ? flowText.noData : units[measure.unit](measure.value)
}

export function day(iso: string): string {
  return new Date(iso).toLocaleDateString(config.language, { dateStyle: 'medium', timeZone: 'UTC' })
}
