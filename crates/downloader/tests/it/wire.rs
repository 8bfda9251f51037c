//! What goes over the wire: who pays, and with which key an object is opened.

use reenact_downloader::{ConnectOptions, GetRequest, ListRequest, ObjectSource, S3Source};

use crate::answers::Answers;

const PAYER: &str = "x-amz-request-payer: requester";
/// The key of thirty-two sevens, and its MD5, in Base64.
const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// Reads, describes and lists, and returns what was asked: headers of each in lower case, but for their values.
async fn asked(options: ConnectOptions) -> [String; 3] {
    let page = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let server =
        Answers::start(vec![("list-type=2", page.to_owned()), ("/lake/x", "content".to_owned())]);
    let options = options
        .with_endpoint_url(server.url())
        .with_region("eu-west-1")
        .with_access_keys("AKIATEST", "secret", None);
    let source = S3Source::connect("lake", &options).await.unwrap();
    assert_eq!(source.get_range(&GetRequest::new("x")).await.unwrap().meta.size, 7);
    assert_eq!(source.head("x", None).await.unwrap().size, 7);
    source.list_page(&ListRequest::everything("")).await.unwrap();
    server.asked().try_into().unwrap()
}

#[tokio::test]
async fn h19_who_agrees_to_pay_says_so_with_every_request() {
    for request in asked(ConnectOptions::default().with_requester_pays(true)).await {
        assert!(request.contains(PAYER) && request.contains(";x-amz-request-payer"), "{request}");
    }
    for request in asked(ConnectOptions::default()).await {
        assert!(!request.contains("x-amz-request-payer"), "{request}");
    }
}

#[tokio::test]
async fn a_key_of_the_customers_own_goes_with_requests_about_objects_and_no_others() {
    const NAME: &str = "x-amz-server-side-encryption-customer-";
    let md5 = "y4HAEFCYWuvAXWFTtA1Qpg==";
    let [get, head, list] = asked(ConnectOptions::default().with_customer_key([7; 32])).await;
    for request in [get, head] {
        for (name, value) in [("algorithm", "AES256"), ("key", KEY), ("key-md5", md5)] {
            assert!(request.contains(&format!("{NAME}{name}: {value}")), "{request}");
            assert!(request.contains(&format!(";{NAME}{name}")), "it is signed: {request}");
        }
    }
    assert!(!list.contains(NAME), "{list}");
}
