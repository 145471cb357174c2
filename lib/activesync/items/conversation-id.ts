/** Email2:ConversationId of a message of which nothing but the header was fetched. */
import type { FetchedMessage } from '../../backends/index.ts';
import { conversationOf } from './conversation.ts';
import { MessageHeader } from './message-header.ts';

/** 16 bytes. */
export const conversationIdOf = ({ header, receivedAt }: Pick<FetchedMessage, 'header' | 'receivedAt'>): Uint8Array =>
  conversationOf(new MessageHeader(header), receivedAt).id;
