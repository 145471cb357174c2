/** What a device tells of itself (MS-ASCMD 2.2.3.45). */
import { type Element, element } from '../protocol/index.ts';

export interface DeviceInformation {
  readonly model: string;
  readonly imei?: string | undefined;
  readonly friendlyName?: string | undefined;
  readonly os?: string | undefined;
  readonly osLanguage?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly mobileOperator?: string | undefined;
  readonly userAgent?: string | undefined;
}

export function deviceInformation(it: DeviceInformation): Element {
  return element(
    'Settings:DeviceInformation',
    element(
      'Settings:Set',
      element('Settings:Model', it.model),
      it.imei !== undefined && element('Settings:IMEI', it.imei),
      it.friendlyName !== undefined && element('Settings:FriendlyName', it.friendlyName),
      it.os !== undefined && element('Settings:OS', it.os),
      it.osLanguage !== undefined && element('Settings:OSLanguage', it.osLanguage),
      it.phoneNumber !== undefined && element('Settings:PhoneNumber', it.phoneNumber),
      it.userAgent !== undefined && element('Settings:UserAgent', it.userAgent),
      it.mobileOperator !== undefined && element('Settings:MobileOperator', it.mobileOperator),
    ),
  );
}
