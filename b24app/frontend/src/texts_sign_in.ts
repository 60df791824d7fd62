/** What is said of signing in at GitLab, in English and Russian. */
import { config } from './config'

const en = {
  connect: 'Connect with GitLab',
  connectAgain: 'Connect with GitLab again',
  renewed: 'signed in, renewed by itself',
  waiting: 'Waiting for the window of GitLab',
  giveUp: 'Give up',
  notConnected: 'Nothing was connected: the window was closed, or its time is over.',
  noWindow: 'The browser opened no window',
  allowWindows: 'Allow windows for this page, and try again',
  application: (url: string) => `Application at ${url}`,
  applicationHint: 'Register it in GitLab once, as confidential and with the scope api, in your '
    + 'profile, a group or the admin area (Applications), with this address to come back to:',
  noCallback: 'This service has no public address yet: B24BRIDGE_PUBLIC_URL is not set.',
  clientId: 'Application ID',
  clientSecret: 'Secret',
  store: 'Store the application',
  cancel: 'Cancel',
  ownAccount: 'Your GitLab account',
  ownHint: 'Your comments, logged work, new issues and edits of tasks appear in GitLab under '
    + 'your name. Without it the integration writes, with your name in the text.',
  connectedAs: (account: string) => `connected as @${account}`,
  ended: (account: string) => `@${account} is accepted no more`,
  disconnect: 'Disconnect',
  notRevoked: 'Disconnected here. GitLab could not be told: revoke it in your profile there.',
}

const ru: typeof en = {
  connect: 'Подключить GitLab',
  connectAgain: 'Подключить GitLab заново',
  renewed: 'вход выполнен, продлевается сам',
  waiting: 'Ждём окно GitLab',
  giveUp: 'Прекратить',
  notConnected: 'Подключения не произошло: окно закрыто или время вышло.',
  noWindow: 'Браузер не открыл окно',
  allowWindows: 'Разрешите этой странице открывать окна и повторите',
  application: (url) => `Приложение на ${url}`,
  applicationHint: 'Один раз зарегистрируйте его в GitLab как конфиденциальное и с правом api: в '
    + 'профиле, в группе или в администрировании (Applications), с таким адресом возврата:',
  noCallback: 'У сервиса ещё нет публичного адреса: не задан B24BRIDGE_PUBLIC_URL.',
  clientId: 'ID приложения',
  clientSecret: 'Секрет',
  store: 'Сохранить приложение',
  cancel: 'Отмена',
  ownAccount: 'Ваша учётная запись GitLab',
  ownHint: 'Ваши комментарии, учтённое время, новые issue и правки задач появляются в GitLab под '
    + 'вашим именем. Без неё их публикует интеграция, с вашим именем в тексте.',
  connectedAs: (account) => `подключена: @${account}`,
  ended: (account) => `@${account} больше не принимается`,
  disconnect: 'Отключить',
  notRevoked: 'Здесь отключено. Сообщить GitLab не удалось: отзовите доступ там в профиле.',
}

export const signInText = config.language === 'ru' ? ru : en
