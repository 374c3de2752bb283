//! What many stories begin with: a municipality with a form, an administrator, a reviewer, and two workers with a phone each.

use super::phone::{FORM, Phone, enrol};
use server::testing::{TestError, World};
use shared::policy::Role;
use uuid::Uuid;

pub struct Scene {
    pub world: World,
    /// The administrator's session.
    pub admin: String,
    pub reviewer: String,
    pub phone: Phone,
    pub colleague: Phone,
    /// The person whose phone is `colleague`.
    pub mari: Uuid,
}

pub async fn scene() -> Result<Scene, TestError> {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let reviewer = world.office("nino", Role::Reviewer).await?;
    let luka = world.person(world.tenant, "luka", Role::Worker).await?;
    let mari = world.person(world.tenant, "mari", Role::Worker).await?;
    let phone = enrol(&world, &admin, luka).await?;
    let colleague = enrol(&world, &admin, mari).await?;
    Ok(Scene { world, admin, reviewer, phone, colleague, mari })
}
