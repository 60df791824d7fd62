import b24UiPlugin from '@bitrix24/b24ui-nuxt/vue-plugin'
import { createApp } from 'vue'
import App from './App.vue'
import { config } from './config'
import { keep } from './session'
import './style.css'

keep(config.seconds)
createApp(App).use(b24UiPlugin).mount('#app')
