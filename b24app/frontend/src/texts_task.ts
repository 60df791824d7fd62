/** What the tab of a task says of actions, hours and reasons, in English and Russian. */
import { config } from './config'

const en = {
  timeline: 'The way of the work',
  timelineSteps: {
    branch: 'Branch', requests: 'Merge requests', pipelines: 'Pipelines', environments: 'Environments',
  },
  stepStates: { done: 'done', now: 'under way', wrong: 'failed', next: 'yet to come' },
  act: 'Work in GitLab',
  actHint: 'GitLab is asked in your own name: it decides what you may do.',
  createBranch: 'Create a branch',
  propose: 'Create a merge request',
  run: 'Run a pipeline',
  retry: 'Run failed jobs again',
  cancel: 'Cancel the pipeline',
  created: (name: string) => `Created: ${name}`,
  asked: 'GitLab was asked; the page shows it in a moment',
  replay: 'Decide anew',
  replayed: 'Everything about this task is decided anew',
  hours: 'Hours',
  noHours: 'No time was logged for this task',
  origins: { portal: 'in Bitrix24', commit: 'by a commit', tracker: 'in the tracker' },
  technical: (count: number) => `Technical lines (${count})`,
  version: (version: string, at: string) => `${version}, ${at}`,
  fields: 'Fields',
  field: 'Field',
  fieldStates: { same: 'in step', disputed: 'waits for a decision', refused: 'does not cross' } as Record<string, string>,
  pause: 'Pause',
  unlink: 'Unlink',
  unlinkMeans: 'The task and the issue stay as they are, and changes do not cross any more. They can be linked again here.',
  link: 'Link an issue',
  linkLabel: 'Issue, such as group/project#12 or DEMO-12',
}

const ru: typeof en = {
  timeline: 'Путь работы',
  timelineSteps: {
    branch: 'Ветка', requests: 'Запросы на слияние', pipelines: 'Пайплайны', environments: 'Окружения',
  },
  stepStates: { done: 'готово', now: 'в процессе', wrong: 'ошибка', next: 'впереди' },
  act: 'Работа в GitLab',
  actHint: 'Запросы к GitLab отправляются от вашего имени: он решает, что вам можно.',
  createBranch: 'Создать ветку',
  propose: 'Создать запрос на слияние',
  run: 'Запустить пайплайн',
  retry: 'Повторить неудачные задания',
  cancel: 'Отменить пайплайн',
  created: (name) => `Создано: ${name}`,
  asked: 'Запрос отправлен в GitLab; скоро страница это покажет',
  replay: 'Решить заново',
  replayed: 'Всё по этой задаче решается заново',
  hours: 'Время',
  noHours: 'Время по этой задаче не учитывали',
  origins: { portal: 'в Битрикс24', commit: 'коммитом', tracker: 'в трекере' },
  technical: (count) => `Технические строки (${count})`,
  version: (version, at) => `${version}, ${at}`,
  fields: 'Поля',
  field: 'Поле',
  fieldStates: { same: 'совпадает', disputed: 'ждёт решения', refused: 'не переносится' },
  pause: 'Приостановить',
  unlink: 'Разорвать связь',
  unlinkMeans: 'Задача и issue останутся как есть, но изменения больше не будут переноситься. Связать их снова можно здесь же.',
  link: 'Связать с issue',
  linkLabel: 'Issue, например group/project#12 или DEMO-12',
}

export const taskText = config.language === 'ru' ? ru : en

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60],
]

const agos = new Intl.RelativeTimeFormat(config.language, { numeric: 'auto' })

/** How long ago a moment was, as people say it. */
export function ago(iso: string): string {
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  return agos.format(Math.round(seconds / size), unit)
}
