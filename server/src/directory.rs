//! What every phone of a municipality needs to know beside records: who is who, what is published.

use crate::error::ApiResult;
use crate::store::{DeviceRow, TenantRow, TenantTx};
use form::model::Form;
use minicbor::bytes::ByteVec;
use sha2::{Digest, Sha256};
use shared::id::{DeviceId, FormVersionId};
use shared::sync::ability::Abilities;
use shared::sync::message::{DevicePerson, Directory, PublishedForm};

/// The version of the directory as one device sees it, without reading the directory. Two halves: the
/// count of changes of the person's area, and a hash of all that changes the rest.
pub fn version(tenant: &TenantRow, device: &DeviceRow) -> u64 {
    let mut hash = Sha256::new();
    // A database that was put back may count to the same number again.
    hash.update(&tenant.epoch);
    hash.update(tenant.directory_seq.to_be_bytes());
    let texts = [tenant.slug.as_str(), &tenant.office_phone, &device.user_name];
    let villages = device.villages.iter().map(String::as_str);
    for text in texts.into_iter().chain(villages) {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.update(tenant.name.to_string());
    let digest = hash.finalize();
    let rest = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    u64::from(device.scope_version.unsigned_abs()) << 32 | u64::from(rest)
}

/// The forms in force.
pub async fn current_forms(tx: &mut TenantTx) -> ApiResult<Vec<FormVersionId>> {
    let forms = tx.forms().await?;
    Ok(forms.iter().filter_map(|row| FormVersionId::from_slice(&row.current_version)).collect())
}

/// The directory as one device sees it.
pub async fn directory(
    tx: &mut TenantTx,
    tenant: &TenantRow,
    device: &DeviceRow,
) -> ApiResult<Directory> {
    let mut people: Vec<DevicePerson> = tx
        .devices()
        .await?
        .into_iter()
        .filter_map(|row| {
            let device = DeviceId::from_slice(&row.device_id)?;
            Some(DevicePerson { device, name: row.user_name })
        })
        .collect();
    people.sort_by_key(|person| person.device);
    let name = |language: &str| tenant.name.get(language).and_then(|name| name.as_str());
    Ok(Directory {
        version: version(tenant, device),
        municipality: name("ka").or(name("en")).unwrap_or(&tenant.slug).to_owned(),
        person: device.user_name.clone(),
        people,
        current_forms: current_forms(tx).await?,
        places: device.villages.clone(),
        office_phone: tenant.office_phone.clone(),
    })
}

/// Whether a device's copy of the directory was made for another area than it has now: then it has
/// missed records and is sent everything from the beginning.
pub fn is_of_other_area(version: u64, device: &DeviceRow) -> bool {
    version != 0 && version >> 32 != u64::from(device.scope_version.unsigned_abs())
}

/// The compiled forms of these versions in formats that the device reads. One that there is in none of them is
/// left out: the device sees in its directory that it lacks it.
pub async fn published(
    tx: &mut TenantTx,
    versions: &[FormVersionId],
    device: &Abilities,
) -> ApiResult<Vec<PublishedForm>> {
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&[u8]> = versions.iter().map(|version| version.as_bytes()).collect();
    let forms = tx.compiled_forms(&ids).await?;
    Ok(forms
        .into_iter()
        .filter_map(|(version, compiled)| {
            let version = FormVersionId::from_slice(&version)?;
            let compiled = readable(compiled, device)?;
            Some(PublishedForm { version, compiled: ByteVec::from(compiled) })
        })
        .collect())
}

/// The form as it was published, or written anew for an older reader: out of the published one, not out of
/// its workbook, because a later compiler may understand that otherwise.
fn readable(compiled: Vec<u8>, device: &Abilities) -> Option<Vec<u8>> {
    if device.reads_form(*compiled.first()?) {
        return Some(compiled);
    }
    Form::from_bytes(&compiled).ok()?.to_bytes_for(|format| device.reads_form(format))
}
