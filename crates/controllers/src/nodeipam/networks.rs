//! The networks that pods get their addresses from, and what flags may say of them.

use runtime::Informers;

use super::cidr::{Cidr, Family, InvalidCidr};

/// Bits of a node's share, unless they are set.
const NODE_PREFIX_V4: u32 = 24;
const NODE_PREFIX_V6: u32 = 64;
/// More bits than this make more shares of an IPv6 network than anybody has nodes.
const SHARE_BITS_V6_MAX: u32 = 16;

/// Where nodes get shares of the pods' network from. Not there, they get none: it is
/// [provided](Informers::provide) when `--allocate-node-cidrs` is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodNetworks {
    pub(super) networks: Vec<Network>,
    /// Addresses of services are nobody's share.
    pub(super) reserved: Vec<Cidr>,
}

/// One network, of which each node gets a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    cidr: Cidr,
    node_prefix: u32,
}

/// What the flags say, as texts and numbers; zero stands for the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkFlags<'a> {
    /// `--cluster-cidr`
    pub cluster: &'a str,
    /// `--service-cluster-ip-range`
    pub services: &'a str,
    /// `--node-cidr-mask-size`
    pub mask: u32,
    /// `--node-cidr-mask-size-ipv4`
    pub mask_v4: u32,
    /// `--node-cidr-mask-size-ipv6`
    pub mask_v6: u32,
    /// `--cidr-allocator-type`
    pub allocator: &'a str,
}

/// The flags do not fit together: the process does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    #[error(transparent)]
    Cidr(#[from] InvalidCidr),
    #[error("Controller: Must specify --cluster-cidr if --allocate-node-cidrs is set")]
    NoCluster,
    #[error(
        "len of ClusterCIDRs=={0} and they are not configured as dual stack (at least one from each IPFamily)"
    )]
    NotDual(usize),
    #[error("length of clusterCIDRs is:{0} more than max allowed of 2")]
    TooMany(usize),
    #[error("usage of --node-cidr-mask-size is not allowed with dual-stack clusters")]
    MaskOfDual,
    #[error(
        "usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if \
         --node-cidr-mask-size is set. For dual-stack clusters, please unset it and use IPFamily specific flags"
    )]
    TwoMasks,
    #[error("usage of --node-cidr-mask-size-{0} is not allowed for a single-stack {1} cluster")]
    WrongFamily(&'static str, &'static str),
    #[error(
        "Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to \
         --node-cidr-mask-size configured for CIDR family"
    )]
    ShareTooLarge,
    #[error("New CIDR set failed; the node CIDR size is too big")]
    TooManyShares,
    #[error(
        "--cidr-allocator-type is set to 'CloudAllocator' but cloud provider is not configured"
    )]
    CloudAllocator,
    #[error("invalid CIDR allocator type: {0}")]
    Allocator(String),
}

impl PodNetworks {
    /// # Errors
    /// What does not fit together, in the reference's words.
    pub fn read(flags: &NetworkFlags<'_>) -> Result<Self, NetworkError> {
        match flags.allocator {
            "RangeAllocator" => {}
            "CloudAllocator" => return Err(NetworkError::CloudAllocator),
            other => return Err(NetworkError::Allocator(other.to_owned())),
        }
        let cidrs = cluster(flags.cluster)?;
        let [mask_v4, mask_v6] = masks(flags, &cidrs)?;
        let network = |cidr: Cidr| {
            let node_prefix = match cidr.family() {
                Family::V4 => mask_v4,
                Family::V6 => mask_v6,
            };
            Network::new(cidr, node_prefix)
        };
        let services = flags.services.split(',').filter_map(|text| text.trim().parse().ok());
        Ok(Self {
            networks: cidrs.into_iter().map(network).collect::<Result<_, _>>()?,
            reserved: services.collect(),
        })
    }

    pub(super) fn of(informers: &Informers) -> Option<Self> {
        informers.setting::<Self>().map(|set| (*set).clone())
    }
}

impl Network {
    const fn new(cidr: Cidr, node_prefix: u32) -> Result<Self, NetworkError> {
        if cidr.prefix() > node_prefix {
            return Err(NetworkError::ShareTooLarge);
        }
        let bits = node_prefix - cidr.prefix();
        if matches!(cidr.family(), Family::V6) && bits > SHARE_BITS_V6_MAX {
            return Err(NetworkError::TooManyShares);
        }
        Ok(Self { cidr, node_prefix })
    }
    /// How many nodes can have a share.
    pub(super) const fn shares(&self) -> u64 {
        1 << (self.node_prefix - self.cidr.prefix())
    }
    pub(super) fn share(&self, index: u64) -> Cidr {
        self.cidr.part(self.node_prefix, index)
    }
    /// First and last share that have an address of `cidr`.
    pub(super) fn shares_within(&self, cidr: Cidr) -> Option<(u64, u64)> {
        self.cidr.parts_within(self.node_prefix, cidr)
    }
    /// The network, for people.
    pub(super) const fn cidr(&self) -> Cidr {
        self.cidr
    }
}

fn cluster(text: &str) -> Result<Vec<Cidr>, NetworkError> {
    if text.is_empty() {
        return Err(NetworkError::NoCluster);
    }
    let cidrs: Vec<Cidr> =
        text.split(',').map(|text| text.trim().parse()).collect::<Result<_, _>>()?;
    match cidrs.as_slice() {
        [_] => Ok(cidrs),
        [first, second] if first.family() != second.family() => Ok(cidrs),
        [_, _] => Err(NetworkError::NotDual(cidrs.len())),
        _ => Err(NetworkError::TooMany(cidrs.len())),
    }
}

fn masks(flags: &NetworkFlags<'_>, cidrs: &[Cidr]) -> Result<[u32; 2], NetworkError> {
    let or = |mask: u32, other: u32| if mask == 0 { other } else { mask };
    if cidrs.len() > 1 {
        if flags.mask != 0 {
            return Err(NetworkError::MaskOfDual);
        }
        return Ok([or(flags.mask_v4, NODE_PREFIX_V4), or(flags.mask_v6, NODE_PREFIX_V6)]);
    }
    if flags.mask != 0 && (flags.mask_v4 != 0 || flags.mask_v6 != 0) {
        return Err(NetworkError::TwoMasks);
    }
    match cidrs.first().map(|cidr| cidr.family()) {
        Some(Family::V4) if flags.mask_v6 != 0 => Err(NetworkError::WrongFamily("ipv6", "IPv4")),
        Some(Family::V6) if flags.mask_v4 != 0 => Err(NetworkError::WrongFamily("ipv4", "IPv6")),
        Some(_) | None => Ok([
            or(or(flags.mask, flags.mask_v4), NODE_PREFIX_V4),
            or(or(flags.mask, flags.mask_v6), NODE_PREFIX_V6),
        ]),
    }
}
