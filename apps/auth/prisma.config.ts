import { prismaConfigOf } from '../../tools/prisma-config.mjs';

export default prismaConfigOf('auth');
