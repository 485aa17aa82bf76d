/** Yjs itself, where `yjs` stands for the replica: its sources, which the alias of the name alone does not touch. */
declare module 'yjs/src/index.js' {
  export * from 'yjs'
}
