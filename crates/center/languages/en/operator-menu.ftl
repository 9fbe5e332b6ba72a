### Menu

people = Operators
people-about = Add an operator, disable one, reset an authenticator application.
