//! Amazon API Gateway: [REST APIs](rest), [HTTP APIs](http), [WebSocket APIs](websocket), and the
//! [authorizers](authorizer) of all three.

pub mod authorizer;
pub mod http;
pub mod rest;
pub mod websocket;
