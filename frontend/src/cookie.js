// @ts-check

/** The value of a cookie; empty when there is none. @type {(name: string, all?: string) => string} */
export const cookie = (name, all = document.cookie) => all.match(`(?:^|; )${name}=([^;]*)`)?.[1] ?? "";
