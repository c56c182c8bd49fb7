# sources of node/media
