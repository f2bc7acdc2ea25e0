-- A clinic's counter for journeys to BPJS. Only in throw-away databases.
create schema counter;

create function counter.clear() returns void language plpgsql as $$
begin
    truncate public.work_items, public.target_alerts, integration.differences, integration.attempts,
             integration.remote_resources, integration.deliveries, integration.corrections,
             integration.resolved_keys, integration.mappings, public.bpjs_memberships,
             public.stock_movements, public.dispenses, public.prescription_items, public.prescriptions,
             public.allergies, public.procedures, public.vital_signs, public.diagnoses, public.payments,
             public.visit_status_history, public.visits, public.stock_batches, public.drugs, public.patients;
    delete from integration.lanes where target = 'satusehat';  -- these journeys end at BPJS
    update integration.lanes set since = '2014-06-03', paused_until = null, paused_reason = null, probing = false;
end $$;
