/** Names that the data API gives to the types and operations of an object. */

export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

export const typeNames = {
  filter: (object: string) => `${pascal(object)}Filter`,
  order: (object: string) => `${pascal(object)}OrderBy`,
  createInput: (object: string) => `${pascal(object)}Input`,
  updateInput: (object: string) => `${pascal(object)}Patch`,
}

export const mutationNames = {
  create: (object: string) => `create${pascal(object)}`,
  update: (object: string) => `update${pascal(object)}`,
  remove: (object: string) => `delete${pascal(object)}`,
  restore: (object: string) => `restore${pascal(object)}`,
}
