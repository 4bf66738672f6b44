export { atSeam, mayPass, type SeamOptions } from './at-seam.ts'
export {
  AnswerException,
  type BrokerError,
  BrokerException,
  brokerError,
  check,
} from './broker-error.ts'
