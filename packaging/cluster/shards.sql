-- How the schema is divided by Citus, for whoever tries it: run once at the coordinator, over the tables a center has made and before anything is
-- in them (`docs/operations/scale.md`). Citus is not in Debian, so no test runs it. The tests read this file all the same: each table stands here, each
-- key of a divided table holds what it is divided by, and what is asked while patients wait names it.

-- By facility: checks, what cards add to them, consents, looks.
SELECT create_distributed_table('center.check_record', 'facility', colocate_with => 'none');
SELECT create_distributed_table('center.idempotency', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.kept_answer', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.card_check', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.consent', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.consent_withdrawal', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.look', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.event', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.reader', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.reader_release', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.reference_number', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.facility_settings', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.facility_settings_change', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.bulk_order', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.bulk_part', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.account', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.password_generation', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.unknown_account', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.sign_in', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.rotation', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.recovery_code', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.recovery_try', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.secret_number', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.second_factor', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.emergency_search', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.emergency_opening', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.emergency_report', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.home_activation_code', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.home_check', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.home_consent', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('registry.ticket_month', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.claims_account', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.claims_password', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.claims_filing', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.claims_terminal', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.claims_upload', 'facility', colocate_with => 'center.check_record');
SELECT create_distributed_table('center.claims_submission', 'facility', colocate_with => 'center.check_record');

-- By the person: what may be seen of them, and what there is to see.
SELECT create_distributed_table('center.opened_information', 'person', colocate_with => 'none');
SELECT create_distributed_table('registry.person_place', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.holding', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.drug_month', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.checkup', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.surgery', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.resident', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.identity_claim', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.arriving_part', 'person', colocate_with => 'center.opened_information');
SELECT create_distributed_table('registry.part_before', 'person', colocate_with => 'center.opened_information');

-- By what somebody is found by: the matching form of the insurance key, the card's serial, the birth date, a statement's number.
SELECT create_distributed_table('registry.insured', 'key', colocate_with => 'none');
SELECT create_distributed_table('registry.card_certificate', 'serial', colocate_with => 'none');
SELECT create_distributed_table('registry.person_by_birth', 'day', colocate_with => 'none');
SELECT create_distributed_table('registry.statement', 'statement', colocate_with => 'none');

-- By the file they are of: pieces of claim files, what their checks found, what was done with them.
SELECT create_distributed_table('center.claims_piece', 'upload', colocate_with => 'none');
SELECT create_distributed_table('center.claims_result', 'submission', colocate_with => 'none');
SELECT create_distributed_table('center.claims_step', 'submission', colocate_with => 'center.claims_result');

-- By what only its holder knows, or the one that was told it.
SELECT create_distributed_table('center.session', 'token', colocate_with => 'none');
SELECT create_distributed_table('center.claims_session', 'token', colocate_with => 'center.session');
SELECT create_distributed_table('center.passkey_challenge', 'token', colocate_with => 'center.session');
SELECT create_distributed_table('center.card_challenge', 'id', colocate_with => 'none');
SELECT create_distributed_table('center.home_proof', 'device', colocate_with => 'none');

-- By the chain: each process writes two of its own.
SELECT create_distributed_table('center.audit_event', 'chain', colocate_with => 'none');

-- Whole at every machine: small, and asked beside the rest.
SELECT create_reference_table('center.facility');
SELECT create_reference_table('center.certificate');
SELECT create_reference_table('center.revoked_unknown');
SELECT create_reference_table('center.terminal_ended');
SELECT create_reference_table('center.notice');
SELECT create_reference_table('center.work_turn');

-- Whole at the coordinator.
SELECT citus_add_local_table_to_metadata('center.migration');
SELECT citus_add_local_table_to_metadata('center.checkpoint');
SELECT citus_add_local_table_to_metadata('center.posted_notice');
SELECT citus_add_local_table_to_metadata('center.certificate_application');
SELECT citus_add_local_table_to_metadata('center.replica_mark');
SELECT citus_add_local_table_to_metadata('center.shared_key');
SELECT citus_add_local_table_to_metadata('center.receipt_key');
SELECT citus_add_local_table_to_metadata('center.operator');
SELECT citus_add_local_table_to_metadata('center.operator_password');
SELECT citus_add_local_table_to_metadata('center.operator_session');
SELECT citus_add_local_table_to_metadata('center.operator_given');
SELECT citus_add_local_table_to_metadata('center.home_address');
SELECT citus_add_local_table_to_metadata('center.home_device');
SELECT citus_add_local_table_to_metadata('center.home_page');
SELECT citus_add_local_table_to_metadata('center.emergency_window');
SELECT citus_add_local_table_to_metadata('center.emergency_window_change');
SELECT citus_add_local_table_to_metadata('center.claims_opening');
SELECT citus_add_local_table_to_metadata('registry.migration');
SELECT citus_add_local_table_to_metadata('registry.feed_batch');
SELECT citus_add_local_table_to_metadata('registry.feed_remark');
SELECT citus_add_local_table_to_metadata('registry.feed_turn');
SELECT citus_add_local_table_to_metadata('registry.arriving_statement');
SELECT citus_add_local_table_to_metadata('registry.arriving_line');
