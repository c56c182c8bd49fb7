# sources of node/planet
