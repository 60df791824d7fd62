/** What the inbox of trouble and the links of a task say, in English and Russian. */
import { config } from './config'
import { moment } from './texts'
import { day, duration } from './texts_flow'

const en = {
  inboxTitle: 'What waits for you',
  inboxEmpty: 'Nothing waits for you',
  inboxEmptyHint: 'Links that stand still, refused changes and lost accounts are shown here.',
  troubles: (count: number) => count === 1 ? '1 thing waits for you' : `${count} things wait for you`,
  openInbox: 'Open',
  disconnected: 'The portal is disconnected',
  disconnectedHint: 'Open the application again as an administrator: that connects it anew.',
  brokenConnections: 'Connections that do not work',
  replaceToken: 'Replace the token',
  links: 'Tasks and issues',
  linkStates: {
    ended: 'Ended',
    paused: 'Stands still',
    disputed: 'Waits for a decision',
    refused: 'Something cannot cross',
    held: 'Waits for its other side',
    failing: 'Is tried again',
    waiting: 'Is brought in step',
    working: 'In step',
  } as Record<string, string>,
  fields: {
    title: 'Title', description: 'Description', assignees: 'People', lead: 'Responsible',
    priority: 'Priority', status: 'Status', stage: 'Column', deadline: 'Deadline', tags: 'Labels',
    estimate: 'Estimate', checklist: 'Checklist', parent: 'Parent', links: 'Links',
    sprint: 'Sprint',
  } as Record<string, string>,
  bothChanged: (field: string) => `${field}: both sides were changed. Which one stands?`,
  inPortal: 'Bitrix24',
  letStand: 'Let this stand',
  chosen: 'Chosen, it is being written',
  administratorChooses: 'An administrator chooses in the application.',
  doesNotCross: (field: string, text: string) => `${field} does not cross: ${text}`,
  resume: 'Let it go on',
  resumeDeletes: 'Letting it go on says that what vanished was deleted: its copies are deleted too.',
  halted: (pair: string) => `Two-way sync of ${pair} stands still`,
  haltedHint: 'For an hour after it goes on, very many items may change at once.',
  retry: 'Try again',
  yetToCome: 'yet to be created',
  linkedIssues: 'Linked issues',
  story: 'What happened',
  storyKinds: {
    linked: 'Linked', unlinked: 'Ended', paused: 'Stopped', resumed: 'Goes on', decided: 'Decided',
  } as Record<string, string>,
}

const ru: typeof en = {
  inboxTitle: 'Что ждёт вас',
  inboxEmpty: 'Вас ничего не ждёт',
  inboxEmptyHint: 'Здесь появятся остановленные связи, отклонённые изменения и потерянные доступы.',
  troubles: (count) => `Ждут вашего решения: ${count}`,
  openInbox: 'Открыть',
  disconnected: 'Портал отключён',
  disconnectedHint: 'Откройте приложение заново как администратор: это подключит его снова.',
  brokenConnections: 'Неработающие подключения',
  replaceToken: 'Заменить токен',
  links: 'Задачи и issues',
  linkStates: {
    ended: 'Завершена',
    paused: 'Остановлена',
    disputed: 'Ждёт решения',
    refused: 'Не всё переносится',
    held: 'Ждёт другую сторону',
    failing: 'Повторяется',
    waiting: 'Обновляется',
    working: 'Синхронна',
  },
  fields: {
    title: 'Название', description: 'Описание', assignees: 'Люди', lead: 'Ответственный',
    priority: 'Приоритет', status: 'Статус', stage: 'Колонка', deadline: 'Крайний срок',
    tags: 'Метки', estimate: 'Оценка', checklist: 'Чек-лист', parent: 'Родитель', links: 'Связи',
    sprint: 'Спринт',
  },
  bothChanged: (field) => `${field}: изменили обе стороны. Что оставить?`,
  inPortal: 'Битрикс24',
  letStand: 'Оставить это',
  chosen: 'Выбрано, записывается',
  administratorChooses: 'Выбирает администратор в приложении.',
  doesNotCross: (field, text) => `${field} не переносится: ${text}`,
  resume: 'Возобновить',
  resumeDeletes: 'Возобновление подтвердит, что пропавшее удалено: удалятся и его копии.',
  halted: (pair) => `Синхронизация остановлена: ${pair}`,
  haltedHint: 'Час после возобновления может меняться сразу очень многое.',
  retry: 'Повторить',
  yetToCome: 'ещё не создано',
  linkedIssues: 'Связанные issues',
  story: 'Что происходило',
  storyKinds: {
    linked: 'Связаны', unlinked: 'Завершена', paused: 'Остановлена', resumed: 'Возобновлена',
    decided: 'Решено',
  },
}

export const inboxText = config.language === 'ru' ? ru : en

/** A field as people call it. */
export function fieldName(field: string): string {
  return inboxText.fields[field] ?? field.replace(/^custom:/, '')
}

/** A field's value as people read it: moments in their own time, estimates in hours. */
export function fieldValue(field: string, value: string): string {
  if (field === 'deadline' && !Number.isNaN(Date.parse(value))) {
    return value.includes('T') ? moment(value) : day(value)
  }
  return field === 'estimate' && /^\d+$/.test(value) ? duration(Number(value)) : value
}
