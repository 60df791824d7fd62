// What the published types are too old for, and the few globals of YouTrack's scripts.
// https://www.jetbrains.com/help/youtrack/devportal/apps-extension-properties.html (2024.3)
// https://www.jetbrains.com/help/youtrack/devportal/async-functions.html (2026.2)
import 'youtrack-workflow-api-types/http';
import 'youtrack-workflow-api-types/entities/issue';

declare module 'youtrack-workflow-api-types/http' {
  interface Connection {
    postAsync?(uri: string, query: unknown[], payload: string, callback: string): void;
  }
}
declare module 'youtrack-workflow-api-types/entities/issue' {
  interface Issue {
    extensionProperties: { b24Key: string | null; b24Task: string | null };
  }
}
declare global {
  const require: (name: string) => any;
  const exports: any;
  const console: { warn(text: string): void };
}
