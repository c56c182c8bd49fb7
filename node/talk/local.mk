# sources of node/talk
