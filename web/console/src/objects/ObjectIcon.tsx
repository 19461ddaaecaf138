import {
  IconArrowBackUp,
  IconArrowsExchange,
  IconBox,
  IconBuilding,
  IconBuildingWarehouse,
  IconCalendarEvent,
  IconCash,
  IconChartPie,
  IconChecklist,
  IconFileDollar,
  IconFileInvoice,
  IconHeadset,
  IconListDetails,
  IconMapPin,
  IconReceipt,
  IconReceipt2,
  IconReportMoney,
  IconSignature,
  IconSpeakerphone,
  IconSquareRounded,
  IconStars,
  IconTarget,
  IconTruckDelivery,
  IconUser,
  IconUserPlus,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react'
import type { Icon } from '@tabler/icons-react'
import type { ObjectMeta } from './model'

/** Pictures for names that most workspaces share; any other object gets the plain one. */
const icons: Record<string, Icon> = {
  account: IconBuilding,
  activity: IconCalendarEvent,
  campaign: IconSpeakerphone,
  contract: IconSignature,
  expense: IconReceipt,
  handover: IconArrowsExchange,
  invoice: IconReceipt2,
  lead: IconUserPlus,
  partyEvaluation: IconStars,
  payment: IconCash,
  quote: IconFileDollar,
  returnOrder: IconArrowBackUp,
  segment: IconChartPie,
  shipment: IconTruckDelivery,
  statementOfAccount: IconReportMoney,
  task: IconChecklist,
  visit: IconMapPin,
  warehouse: IconBuildingWarehouse,
  case: IconHeadset,
  contact: IconUsers,
  opportunity: IconTarget,
  order: IconFileInvoice,
  orderLine: IconListDetails,
  product: IconBox,
  team: IconUsersGroup,
  user: IconUser,
}

export function ObjectIcon({ object, size = 18 }: { object: ObjectMeta; size?: number }) {
  const Picture = icons[object.name] ?? IconSquareRounded
  return <Picture size={size} stroke={1.7} aria-hidden="true" />
}
