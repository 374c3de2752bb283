//! What every phone of a municipality needs to know beside records: who is who, what is published.

use crate::error::ApiResult;
use crate::store::{DeviceRow, TenantTx};
use minicbor::bytes::ByteVec;
use sha2::{Digest, Sha256};
use shared::id::{DeviceId, FormVersionId};
use shared::sync::message::{DevicePerson, Directory, PublishedForm};

/// The directory as one device sees it. Its version has two halves: the count of changes of the
/// person's area, and a hash of the rest.
pub async fn directory(tx: &mut TenantTx, device: &DeviceRow) -> ApiResult<Directory> {
    let tenant = tx.tenant_row().await?;
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
    let forms = tx.forms().await?;
    let current_forms =
        forms.iter().filter_map(|row| FormVersionId::from_slice(&row.current_version));
    let name = |language: &str| tenant.name.get(language).and_then(|name| name.as_str());
    let mut directory = Directory {
        version: 0,
        municipality: name("ka").or(name("en")).unwrap_or(&tenant.slug).to_owned(),
        person: device.user_name.clone(),
        people,
        current_forms: current_forms.collect(),
        places: device.villages.clone(),
        office_phone: tenant.office_phone.clone(),
    };
    let digest = Sha256::digest(minicbor::to_vec(&directory).unwrap_or_default());
    let hash = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    directory.version = u64::from(device.scope_version.unsigned_abs()) << 32 | u64::from(hash);
    Ok(directory)
}

/// Whether a device's copy of the directory was made for another area than it has now: then it has
/// missed records and is sent everything from the beginning.
pub fn is_of_other_area(version: u64, device: &DeviceRow) -> bool {
    version != 0 && version >> 32 != u64::from(device.scope_version.unsigned_abs())
}

/// The compiled forms of these versions, as they travel.
pub async fn published(
    tx: &mut TenantTx,
    versions: &[FormVersionId],
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
            Some(PublishedForm { version, compiled: ByteVec::from(compiled) })
        })
        .collect())
}
