/** What the health view says, in English and Russian. */
import { config } from './config'

const en = {
  health: 'Health',
  allWell: 'Everything works',
  allWellHint: 'The portal, its connections and the service were looked at just now.',
  notAllWell: 'Something does not work',
  wrong: (count: number) => count === 1 ? '1 thing does not work' : `${count} things do not work`,
  show: 'Show',
  urgent: 'Does not work',
  notice: 'To be seen to',
  right: 'Works',
  why: 'Usually',
  change: 'What to do',
  since: (at: string) => `since ${at}`,
  service: 'The service',
  portal: 'The portal',
  connection: (name: string) => `Connection ${name}`,
  missed: 'What an outage cost',
  noGap: 'No delivery failed while the service was away.',
  gap: (failed: number, madeUp: number) =>
    `${failed === 1 ? '1 delivery' : `${failed} deliveries`} failed while we were away, ${madeUp} made up for`,
  everywhere: 'Looked at',
}

const ru: typeof en = {
  health: 'Состояние',
  allWell: 'Всё работает',
  allWellHint: 'Портал, подключения и сервис только что проверены.',
  notAllWell: 'Что-то не работает',
  wrong: (count) => `Не работает: ${count}`,
  show: 'Показать',
  urgent: 'Не работает',
  notice: 'Стоит заняться',
  right: 'Работает',
  why: 'Обычная причина',
  change: 'Что сделать',
  since: (at) => `с ${at}`,
  service: 'Сервис',
  portal: 'Портал',
  connection: (name) => `Подключение ${name}`,
  missed: 'Чего стоил перерыв',
  noGap: 'Пока сервис был недоступен, ни одна доставка не потерялась.',
  gap: (failed, madeUp) => `Доставок не дошло, пока нас не было: ${failed}; восполнено: ${madeUp}`,
  everywhere: 'Проверено',
}

export const healthText = config.language === 'ru' ? ru : en
