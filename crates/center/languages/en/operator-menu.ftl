### Menu

people = Operators
people-about = Add an operator, disable one, reset an authenticator application.
facilities = Facilities
facilities-about = Find and enrol facilities, issue and revoke their certificates.
