# the program itself
