# sources of federation
