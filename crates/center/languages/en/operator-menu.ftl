### Menu

people = Operators
people-about = Add an operator, disable one, reset an authenticator application.
facilities = Facilities
facilities-about = Find and enrol facilities, issue and revoke their certificates.
notices = Notices
notices-about = Post notices that terminals show, and withdraw them.
feeds = Feeds
feeds-about = Files that were loaded, with lines accepted and refused.
claims = Claims entry
claims-about = Claims accounts, filings of facilities, when claims are taken.
audit = Audit chain
audit-about = Search who did what, export it, verify that nothing was changed.
looks = Looks
looks-about = Search who saw medical information.
load = Load
load-about = Checks and their times, what waits, connections, space, the last backup and feed.
modes = Emergency windows
modes-about = Open, extend and close the modes of disaster and outage; see what facilities did and reported
