# sources of admin
