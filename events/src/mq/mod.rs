//! Amazon MQ: messages of [ActiveMQ](activemq) and of [RabbitMQ](rabbitmq).

pub mod activemq;
pub mod rabbitmq;
