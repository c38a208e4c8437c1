import { line, numberedQuery, text } from '#runtime';
import { z } from 'zod';

const name = line(1, 60).meta({ example: 'Guides' });
const description = text(0, 300).nullable();

export const NewCategory = z.strictObject({ name, description: description.optional() }).meta({ id: 'NewCategory' });
export type NewCategory = z.infer<typeof NewCategory>;

export const CategoryChange = z
  .strictObject({ name: name.optional(), description: description.optional() })
  .meta({ id: 'CategoryChange' });
export type CategoryChange = z.infer<typeof CategoryChange>;

export const CategoriesQuery = numberedQuery(['name', 'createdAt'], 'name');
export type CategoriesQuery = z.infer<typeof CategoriesQuery>;

export const Category = z
  .object({
    id: z.uuid(),
    slug: z
      .string()
      .meta({ example: 'guides-0198c0de' })
      .describe('Derived from the first name of the category; never changes.'),
    name: z.string(),
    description: z.string().nullable(),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Category' });
export type Category = z.infer<typeof Category>;
